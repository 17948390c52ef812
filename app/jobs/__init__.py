"""Background jobs: a durable queue in the database, enqueued in the caller's transaction, run by worker processes."""
