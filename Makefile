# What is done here by hand, .ci/run does by itself.
GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS  := -s -w -X main.version=$(VERSION)

prefix   ?= /usr/local
DIST     ?= dist
BIN      := $(DESTDIR)$(prefix)/bin
MAN      := $(DESTDIR)$(prefix)/share/man

.PHONY: all build install test race check lint bench docs clean

all: check build test

# Two static binaries, the same bytes for the same commit.
build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(DIST)/ ./cmd/converge ./cmd/stow2

# With prefix=/usr/local/stow/converge/1.0 it is a version in a stow directory.
# chkstow is stow2 by another name.
install: build
	install -d $(BIN) $(MAN)/man1 $(MAN)/man7 $(MAN)/man8
	install $(DIST)/converge $(DIST)/stow2 $(BIN)
	ln -sf stow2 $(BIN)/chkstow
	install -m 644 docs/man/*.1 $(MAN)/man1
	install -m 644 docs/man/*.7 $(MAN)/man7
	install -m 644 docs/man/*.8 $(MAN)/man8

test:
	.ci/test

race:
	.ci/race

check:
	.ci/check

# Builds a linter at the first time, which takes minutes.
lint: check
	.ci/lint

# The whole program against the floors of internal/floor, with a summary: less
# than three minutes on a quiet machine. Ratios within one run; absolute figures say more about the machine.
# ROOMS=1 adds the benchmarks of each room.
bench:
	$(GO) test -run '^$$' -bench '^BenchmarkProgram$$' -benchtime 3x -timeout 30m ./cmd/converge
	$(GO) test -run '^$$' -bench '^BenchmarkProgram$$' -benchtime 3x -timeout 30m ./cmd/stow2
ifdef ROOMS
	$(GO) test -run '^$$' -bench . -benchmem $$($(GO) list ./... | grep -v /cmd/)
endif

# The pages that are made from the kinds, the commands and the options, and the
# pictures of the imports.
docs:
	$(GO) test ./cmd/converge ./internal/stow/cli ./internal/house -run '^TestDocs' -update

clean:
	rm -rf $(DIST)
