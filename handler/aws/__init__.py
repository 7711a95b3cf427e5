"""AWS: the region and its endpoints, credentials, and calls of services other than S3."""
