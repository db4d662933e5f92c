# SPDX-License-Identifier: Apache-2.0
# make pictures: what the README shows, in docs/, which has nothing else: pictures stand beside
# the text, not among the fixtures, which tests read. One more picture is one more line in
# PICTURES and its rule.

##@ Pictures
DOCS = docs
PICTURES = $(addprefix $(DOCS)/,table.svg report.png hot.png roofline.svg)
CHROMIUM = chromium
PICTURE_SIZE = 1280,700
# A trace to show; without TRACE a made-up one.
PICTURE_RECORDS = build/pictures/records.ndjson

pictures: $(PICTURES) ## draw the README's pictures anew, with TRACE in them

pictures $(PICTURES): export trace = $(call given,TRACE)
$(PICTURE_RECORDS): $(PROGRAMS) FORCE
	@mkdir -p $(@D)
	@if [ -n "$$trace" ]; then cd "$$(dirname -- "$$trace")"; \
	  '$(abspath $(BIN))/tr-parse' -s all -- "$${trace##*/}" | '$(abspath $(BIN))/tr-classify'; \
	else cat fixtures/tr-layers/contract/in; fi >$@

$(DOCS)/table.svg: $(PICTURE_RECORDS) pipelines/text-svg
	@mkdir -p $(@D)
	$(BIN)/tr-layers -f table --top-n 8 $< | pipelines/text-svg \
	  "tr-parse -s all $$(basename -- "$${trace:-made-up.json.gz}") | tr-classify | tr-layers -f table --top-n 8" >$@

build/pictures/report.html: $(PICTURE_RECORDS)
	BIN=$(BIN) pipelines/trace-report -o $(@D) $< >/dev/null
	cp $(@D)/records/report.html $@

# A joined trace to show, results/hot/NAME.ndjson of make hot-kernels; without JOINED a made-up one.
unexport JOINED
JOINED = fixtures/kjoin-fmt/join.ndjson
build/pictures/hot.html: export joined = $(call given,JOINED)
build/pictures/hot.html: $(BIN)/kjoin-fmt FORCE
	@mkdir -p $(@D)
	$(BIN)/kjoin-fmt -f html -p ../../ -t "$$(jq -r 'select(.kind == "join").file' "$$joined")" "$$joined" >$@

$(DOCS)/hot.png: PICTURE_SIZE = 1280,1010

# What a page shows first: docs/NAME.png of build/pictures/NAME.html.
$(DOCS)/%.png: build/pictures/%.html
	@mkdir -p $(@D)
	$(CHROMIUM) --headless=new --no-sandbox --disable-gpu --hide-scrollbars \
	  --window-size=$(PICTURE_SIZE) --screenshot=$(abspath $@) file://$(abspath $<) 2>/dev/null

# Measured before, or now: make bench-report measures anew.
$(DOCS)/roofline.svg: $(REPORT).ndjson
	@mkdir -p $(@D)
	pipelines/bench-plots $(REPORT)
	cp $(REPORT)-roofline.svg $@

$(REPORT).ndjson:
	$(MAKE) --no-print-directory bench-report

$(DOCS)/ranks.svg: docs/ranks.tsv tests/bench/ranks.gp
	LC_ALL=C.UTF-8 gnuplot -e "rows='$<'" -e "picture='$@'" tests/bench/ranks.gp

# Minutes, and some GB below TMPDIR. What it measures is committed, and the picture made of it.
bench-ranks: all ## measure trace-ranks with up to 1,000 ranks; write docs/ranks.tsv and .svg
	RANKS='100 300 1000' GROW='1 4 16' TSV=docs/ranks.tsv.part tests/bench/ranks.sh
	mv docs/ranks.tsv.part docs/ranks.tsv
	$(MAKE) --no-print-directory $(DOCS)/ranks.svg

.PHONY: pictures bench-ranks
