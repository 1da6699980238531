# What is done here by hand, .ci/run does by itself.
GO       ?= go
# As git describe has it; before the first tag as if there were a v0.
VERSION  ?= $(shell git describe --tags --dirty 2>/dev/null || \
	{ commits=$$(git rev-list --count HEAD) && echo "v0-$$commits-g$$(git rev-parse --short HEAD)"; } 2>/dev/null)
LDFLAGS  := -s -w -X main.version=$(VERSION)
BUILD     = CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)'
PROGRAMS := ./cmd/converge ./cmd/stow2 ./cmd/converge-pkg
comma    := ,
space    := $(subst ,, )

prefix   ?= /usr/local
DIST     ?= dist
BIN      := $(DESTDIR)$(prefix)/bin
SHARE    := $(DESTDIR)$(prefix)/share
MAN      := $(SHARE)/man

.PHONY: all go go-check build install package stage test race check lint bench docs clean

all: check build test

go-check:
	@packaging/go.sh check $(GO) $(DIST)

# For a Go that is too old to fetch by itself what go.mod asks for.
go:
	@packaging/go.sh fetch $(GO) $(DIST)

# Three static binaries, the same bytes for the same commit.
build: go-check
	$(BUILD) -o $(DIST)/ $(PROGRAMS)

# With prefix=/usr/local/stow/converge/1.0 it is a version in a stow directory.
# chkstow is stow2 by another name.
install: build
	install -d $(BIN) $(MAN)/man1 $(MAN)/man5 $(MAN)/man7 $(MAN)/man8
	install $(DIST)/converge $(DIST)/converge-pkg $(DIST)/stow2 $(BIN)
	ln -sf stow2 $(BIN)/chkstow
	install -m 644 docs/man/*.1 $(MAN)/man1
	install -m 644 docs/man/*.5 $(MAN)/man5
	install -m 644 docs/man/*.7 $(MAN)/man7
	install -m 644 docs/man/*.8 $(MAN)/man8
	install -d $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	install -m 644 packaging/completions/converge.bash $(SHARE)/bash-completion/completions/converge
	install -m 644 packaging/completions/stow2.bash $(SHARE)/bash-completion/completions/stow2
	ln -sf stow2 $(SHARE)/bash-completion/completions/chkstow
	install -m 644 packaging/completions/_* $(SHARE)/zsh/site-functions
	install -m 644 packaging/completions/*.fish $(SHARE)/fish/vendor_completions.d

# Packages of each program, in each format, for each architecture: the same bytes for
# the same commit. STAGE is what they are made of.
ARCHS    ?= amd64 arm64
STAGE    := $(abspath $(DIST))/stage
PACKAGES ?= $(DIST)/packages
RECIPES  := $(wildcard packaging/recipes/*.hcl)

package: stage
	$(if $(VERSION),,$(error there is no git here to tell the version: make package VERSION=1.2.3))
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH-$$(git log -1 --format=%ct)} $(STAGE)/converge-pkg pack \
		--arch $(subst $(space),$(comma),$(strip $(ARCHS))) --var 'version=$(VERSION)' --var 'stage=$(STAGE)' \
		--out $(PACKAGES) $(RECIPES)

# The programs for each architecture, that which packs them for this machine, and pages.
stage: go-check
	rm -rf $(STAGE)
	set -e; for arch in $(ARCHS); do \
		GOOS=linux GOARCH=$$arch $(BUILD) -o $(STAGE)/$$arch/ $(PROGRAMS); \
	done
	own=$(STAGE)/$$($(GO) env GOHOSTARCH)/converge-pkg; \
	{ test "$$($(GO) env GOHOSTOS)" = linux && test -e $$own && ln -s $$own $(STAGE)/; } || $(BUILD) -o $(STAGE)/ ./cmd/converge-pkg
	set -e; for page in docs/man/*; do \
		install -d $(STAGE)/man/man$${page##*.}; \
		gzip -9n <$$page >$(STAGE)/man/man$${page##*.}/$${page##*/}.gz; \
	done

test:
	.ci/test

race:
	.ci/race

check:
	.ci/check

# Builds a linter at the first time, which takes minutes.
lint: check
	.ci/lint

# The whole program against the floors of internal/floor, with a summary; and on test hosts
# what 500 installed packages cost in the time of each package manager's own list
# (x-of-list), and what 20 new ones cost in the time of one apt-get (x-of-apt): less than
# three minutes on a quiet machine. Ratios within one run; absolute figures say more about
# the machine.
# ROOMS=1 adds the benchmarks of each room, and of each kind by itself: also what takes more
# than seven times as long for five times the resources, which is listed.
bench:
	$(GO) test -run '^$$' -bench '^BenchmarkProgram$$' -benchtime 3x -timeout 30m ./cmd/converge
	$(GO) test -run '^$$' -bench '^BenchmarkProgram$$' -benchtime 3x -timeout 30m ./cmd/stow2
	$(GO) test -p 1 -run '^$$' -bench '^Benchmark(NoOp|Install)OnHost$$' -benchtime 1x -timeout 30m $(patsubst %,./internal/providers/%,apt dnf zypper pacman)
ifdef ROOMS
	$(GO) test -run '^$$' -bench '^BenchmarkLarge$$' -benchtime 1x -timeout 30m ./cmd/stow2
	$(GO) test -run '^$$' -bench '^Benchmark(Large|Kinds|Growth)$$' -benchtime 1x -timeout 120m ./cmd/converge
	$(GO) test -run '^$$' -bench . -benchmem $$($(GO) list ./... | grep -v /cmd/)
endif

# The pages and completions that are made from the kinds, the commands and the
# options, and the pictures of the imports.
docs:
	$(GO) test ./cmd/converge ./cmd/converge-pkg ./internal/stow/cli ./internal/house ./internal/providers/packages/packagestest -run '^TestDocs' -update

clean:
	rm -rf $(DIST)
