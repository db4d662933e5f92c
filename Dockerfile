# SPDX-License-Identifier: Apache-2.0
# warpipe as an image: docker build -t warpipe . && docker run --rm -v "$PWD:/data" warpipe report x.json.gz
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends git gcc make
COPY . /warpipe
RUN cd /warpipe && make setup && make -j"$(nproc)" deb

FROM ${BASE}
COPY --from=build /warpipe/build/warpipe_*.deb /tmp/
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends /tmp/warpipe_*.deb \
	parallel universal-ctags && rm -rf /var/lib/apt/lists/* /tmp/*.deb
WORKDIR /data
ENTRYPOINT ["warpipe"]
