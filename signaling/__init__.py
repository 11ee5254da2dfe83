"""The lobby server: rooms, invitations and a relay. Knows no game; what players send each other passes through unread.

`signaling.serve.running` starts one inside an event loop; `rooms` and `desk` hold the rules and do no I/O.
"""
