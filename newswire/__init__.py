"""A fictional press on loopback: outlets that never existed go on publishing news that never happened.

It feeds `make demo`, the tests and `make bench` with real HTTP: feeds in every format, wire copies, aggregators, corrections and
outlets that are broken in a stated way, together with the truth about each article (its regions, topics, countries and copies).
It is a program of its own: it knows nothing of `services`, and `services` know nothing of it.
"""
