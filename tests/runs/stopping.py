"""Runs that end in the middle, as a process does that is killed."""


class Stop(BaseException):
    """Stands for whatever ends a process."""


def stop_at(patch, owner, method, calls):
    """Lets the method of a class, or a module's function, raise when it is called the n-th time."""
    made, original = 0, getattr(owner, method)

    def stopping(*args, **kwargs):
        nonlocal made
        made += 1
        if made == calls:
            raise Stop
        return original(*args, **kwargs)

    patch.setattr(owner, method, stopping)
