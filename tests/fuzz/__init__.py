"""Fuzzers: generators of hostile input, and one judge of what came of it."""
