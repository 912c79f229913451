#!/usr/bin/env python3
"""The smallest motion program for orderly-agent (protocol: drive_remote.h): example_drive.py PORT [SPEED_MM_S], then
orderly-agent ... --drive 127.0.0.1:PORT. Replace move() by your own motion control. What must stay: legs in order, `passed`
for each, poses ten times a second, and brakes by itself when nothing was heard for a second."""
import math
import socket
import sys
import time

class Vehicle:
    def __init__(self, speed):
        self.speed, self.x, self.y, self.theta, self.now = speed, 0.0, 0.0, 0.0, 0.0
        self.begin()

    def begin(self):  # a new connection: at rest, no legs
        self.legs, self.paused, self.seen, self.heard = [], False, 0, time.monotonic()

    def obey(self, line):
        number, word, *rest = line.split()
        self.seen, self.heard = int(number), time.monotonic()
        v = [int(n) for n in rest]
        if word == "leg":
            self.legs.append(v)
        elif word == "stop":
            self.legs = []
        elif word == "pause":
            self.paused = v[0] == 1
        elif word == "relocate":
            self.x, self.y, self.theta, self.legs = float(v[0]), float(v[1]), v[2] / 1000, []

    def move(self, seconds):
        """The numbers of the legs whose ends were passed."""
        self.now, passed = 0.0, []
        if self.paused or time.monotonic() - self.heard > 1.0:
            return []
        while self.legs and seconds > 0:
            tag, x, y, limit, _ = self.legs[0]
            speed = min(self.speed, limit) if limit else self.speed
            left = math.hypot(x - self.x, y - self.y)
            step, share = min(left, speed * seconds), min(1.0, speed * seconds / left) if left else 0.0
            self.theta = math.atan2(y - self.y, x - self.x) if left else self.theta
            self.x, self.y = self.x + (x - self.x) * share, self.y + (y - self.y) * share
            seconds, self.now = seconds - step / speed, speed
            if step == left:
                passed.append(tag)
                self.legs.pop(0)
        return passed

    def pose(self):
        return f"pose {self.x:.0f} {self.y:.0f} {self.theta * 1000:.0f} {self.now:.0f} {int(not self.legs or self.paused)} {self.seen}\n"

def serve(connection, vehicle):
    connection.settimeout(0.1)
    vehicle.begin()
    buffer, last = b"", time.monotonic()
    while True:
        try:
            got = connection.recv(4096)
            if not got:
                return
            buffer += got
        except TimeoutError:
            pass
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            vehicle.obey(line.decode())
        now = time.monotonic()
        passed, last = vehicle.move(now - last), now
        connection.sendall("".join([f"passed {tag}\n" for tag in passed] + [vehicle.pose()]).encode())

if __name__ == "__main__":
    body = Vehicle(float(sys.argv[2]) if len(sys.argv) > 2 else 1000.0)
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
        while True:
            try:
                serve(server.accept()[0], body)
            except OSError:
                pass  # the agent has gone: it stands, and waits for the next
