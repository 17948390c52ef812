"""`./nashra bench`: what an answer costs, measured beside a bare server that sends the same bytes."""
