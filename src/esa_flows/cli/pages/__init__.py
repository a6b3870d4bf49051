"""What a run did as a page, as Markdown, as JUnit: written from its journal."""
