"""Gives the server's own environment, and with it every new kernel and terminal, the variables that
``steering.json`` names; takes them back when the file has gone."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, MutableMapping

from tornado.ioloop import PeriodicCallback

from jupyterlab_bedrock_import.steering import (
    KNOWN,
    NOTHING,
    Steering,
    SteeringError,
    read_steering,
)

# One look at the file's time; the engine also tells at once.
LOOK_SECONDS = 2.0

Stamp = tuple[int, int, int]


class SteeredEnvironment:
    """Knows what the variables were when the server started, and what they are to be now."""

    def __init__(
        self,
        file: str,
        folders: Iterable[str],
        log: logging.Logger,
        env: MutableMapping[str, str] = os.environ,
    ) -> None:
        self._file = file
        self._folders = [*folders]
        self._log = log
        self._env = env
        self._original = {name: env.get(name) for name in KNOWN}
        self._applied: dict[str, str | None] = {}
        self._stamp: Stamp | None = None
        self._said: tuple[str, ...] = ()
        self._looking = PeriodicCallback(self.look, LOOK_SECONDS * 1000)

    @property
    def variables(self) -> dict[str, str]:
        """Those of the known variables that are set now."""
        return known_variables(self._env)

    @property
    def original_environment(self) -> dict[str, str]:
        """The whole environment as it would be without steering."""
        result = dict(self._env)
        for name in self._applied:
            _set(result, name, self._original[name])
        return result

    def start(self) -> None:
        """Follows the file until ``stop``; needs a running event loop."""
        self._looking.start()

    def stop(self) -> None:
        """Takes all back, for who goes on in this process."""
        self._looking.stop()
        self._make(NOTHING)

    def look(self) -> None:
        """Applies the file when it has changed."""
        stamp = self._stamp_now()
        if stamp != self._stamp:
            self.apply(stamp)

    def apply(self, stamp: Stamp | None = None) -> None:
        """Reads the file and makes the environment so."""
        self._stamp = stamp or self._stamp_now()
        self._make(self._read())

    def _make(self, steering: Steering) -> None:
        for name in KNOWN:
            if name in steering.variables:
                wanted = steering.variables[name]
                _set(self._env, name, wanted)
                self._applied[name] = wanted
            elif name in self._applied:
                _set(self._env, name, self._original[name])
                del self._applied[name]

    def _read(self) -> Steering:
        try:
            steering = read_steering(self._file, self._folders)
        except SteeringError as error:
            self._say((f"{error}; caches and temporary files are not steered.",))
            return NOTHING
        self._say(steering.ignored)
        return steering

    def _say(self, sentences: tuple[str, ...]) -> None:
        if sentences != self._said:
            self._said = sentences
            for sentence in sentences:
                self._log.warning("%s", sentence)

    def _stamp_now(self) -> Stamp | None:
        try:
            stat = os.stat(self._file)
        except OSError:
            return None
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino)


def known_variables(env: MutableMapping[str, str]) -> dict[str, str]:
    """Those of the variables that may be told: no other may."""
    return {name: env[name] for name in KNOWN if name in env}


def _set(env: MutableMapping[str, str], name: str, value: str | None) -> None:
    if value is None:
        env.pop(name, None)
    else:
        env[name] = value
