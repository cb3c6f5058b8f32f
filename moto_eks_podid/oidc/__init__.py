"""A cluster's OIDC issuer as the world sees it: its discovery document and its keys."""
