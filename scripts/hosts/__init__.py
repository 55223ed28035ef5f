"""Local hosts for the bundles: the real runtimes behind a substitute for the cloud platform."""
