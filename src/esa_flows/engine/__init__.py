"""The engine: durable runs of composable steps. It knows no cloud."""
