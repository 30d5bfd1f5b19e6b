"""HTTP connections to a model's server: address, credentials, proxies, limits."""
