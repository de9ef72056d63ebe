"""What stands for a person wherever values are stored: pseudonyms, made with a key of KMS."""
