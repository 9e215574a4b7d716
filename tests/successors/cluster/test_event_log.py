from successors.cluster.event_log import EventLog, Happening


def filled(*rows):
    log = EventLog()
    for row in rows:
        log.add(*row)
    return log


def test_events_come_back_as_they_were_noted():
    log = filled((5, 1, Happening.FORWARD, 0), (2**40, 2, Happening.SAVED, 7))
    assert log.events().tolist() == [[5, 1, 0, 0], [2**40, 2, 10, 7]]
    assert len(log) == 2


def test_every_field_is_in_the_digest():
    rows = [(5, 1, 2, 3), (6, 1, 2, 3), (5, 2, 2, 3), (5, 1, 3, 3), (5, 1, 2, 4)]
    digests = {filled(row).digest for row in rows} | {filled().digest, filled(*rows).digest}
    assert len(digests) == 7
    assert filled(rows[0]).digest == filled(rows[0]).digest
