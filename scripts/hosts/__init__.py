"""Run the bundles locally in the real runtimes, with a substitute for the cloud platform."""
