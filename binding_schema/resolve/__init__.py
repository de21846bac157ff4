"""The one resolver layer. It is plain sync code on worker threads; ``dispatch`` is its door."""
