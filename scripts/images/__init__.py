"""Build and test the images of infra/docker without a Docker engine."""
