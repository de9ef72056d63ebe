"""A story on real data: a model whose world turns, left alone and watched.

`make story` plays it on this machine: bank-marketing in order of time, `make story ARGS=bike` the
same with bike-sharing. What to expect without any platform says `expected.py`.
"""
