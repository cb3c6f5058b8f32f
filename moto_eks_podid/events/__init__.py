"""CloudTrail records: from the frozen facts of one call to what AWS would have written (pure)."""
