"""The steps of the pipeline. Each is a make target, so any CI can run them."""
