"""Mean-field equations at two times, derived from diagrams and certified by them."""
