"""Operations: health checks, readiness and metrics."""
