"""The judge of what stands beside a label: which word or number after "password", "user" or "case no." is the value."""
