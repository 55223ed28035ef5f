"""Local hosts for the bundles: the real runtimes, with a stand-in for the cloud before them."""
