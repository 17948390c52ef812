"""Staff: members, bearer tokens and roles."""
