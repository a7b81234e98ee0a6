"""The sensor on the wire: bytes, clocks, ports, the recorder."""
