"""The library's registers: entries with a name each, and a number, which is their index."""

from ._library import DelayNetError


class Register(tuple):
    """Entries in the library's order, by number or by name. `what` they are is for messages."""

    def __new__(cls, what, entries):
        register = super().__new__(cls, entries)
        register.what = what
        return register

    def __getitem__(self, index):
        return super().__getitem__(self.number(index) if isinstance(index, str) else index)

    def number(self, name):
        """The number of the entry of this name; DelayNetError, with the names that there are, where there is none."""
        if name not in self.names:
            raise DelayNetError(f"there is no {self.what} {name!r} but {', '.join(self.names) or 'none'}")
        return self.names.index(name)

    def find(self, name):
        """The entry of this name; DelayNetError where there is none."""
        return super().__getitem__(self.number(name))

    @property
    def names(self):
        return [entry.name for entry in self]


def entry(kind, struct):
    """A C structure as a dataclass whose fields have its members' names."""
    values = {name: getattr(struct, name) for name, _ in struct._fields_}
    values = {name: value.decode() if isinstance(value, bytes) else value for name, value in values.items()}
    return kind(**values | ({"periodic": bool(values["periodic"])} if "periodic" in values else {}))
