"""A registry of any size on this machine's disk, read page by page as DynamoDB gives pages."""
