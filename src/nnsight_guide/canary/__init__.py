"""The canary: what changes in the guide when the newest releases are installed.

`make canary` does what `make test` would find out one day, before that day. Read in this order::

    observation  what idioms, errors and the tests of the snippets do, with one set of versions
    changes      two observations → what changed; what a run has found, in one file of JSON
    environment  a throw-away environment, and a copy of the checkout to run in
    ways_round   known ways round a breakage, to be tried where it is met
    __main__     all of this, one after another
    summary      the runs that were recorded → HTML, for the page on versions that go together
"""
