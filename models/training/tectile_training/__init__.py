"""How models/tec-s2 is made: pictures, the adaptive lapped basis, its learned branches, its tables, and converters of published checkpoints."""
