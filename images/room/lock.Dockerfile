# Debian's Python with the room's lock: the large part of the room's image, which a change of the checker leaves alone.
# Built by images/room/image.py, without a network.
ARG BASE
FROM ${BASE} AS install
ARG STAGE
LABEL org.lockedroom.stage=${STAGE}
# A room cannot write here: what is compiled now needs no second look.
ENV PYC_INVALIDATION_MODE=UNCHECKED_HASH
COPY uv requirements.txt /build/
COPY wheels /build/wheels
RUN python3 -m venv --without-pip /opt/room \
 && /build/uv pip install --quiet --python /opt/room/bin/python --offline --no-cache --no-index \
      --find-links /build/wheels --require-hashes --compile-bytecode -r /build/requirements.txt \
 && rm -f /opt/room/.lock

FROM ${BASE}
COPY --from=install /opt/room /opt/room
