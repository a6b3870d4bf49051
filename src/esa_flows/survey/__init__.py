"""What an account really does where the documents are silent: asked, then told."""
