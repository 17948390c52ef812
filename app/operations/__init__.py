"""Operations: whether the process is alive and ready, and its metrics."""
