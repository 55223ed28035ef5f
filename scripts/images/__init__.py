"""Build the images of infra/docker and try them, without a Docker engine."""
