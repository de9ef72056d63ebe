"""What is remembered about models: runs, versions, routes and the events that changed them."""
