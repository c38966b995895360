"""What the portal costs beside LiteLLM's proxy, Open WebUI and the provider alone, all in one run."""
