"""From bytes to a feed whatever the bytes are: fast where it can be, apart and bounded where it must."""
