"""Networks with many equal instances, verified through one instance of each kind."""
