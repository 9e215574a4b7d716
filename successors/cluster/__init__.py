"""The machine room: the clusters on which large networks were trained, on the project's own clock.

A step is simulated in whole nanoseconds, a training of weeks in whole microseconds, as the Mark I.
"""
