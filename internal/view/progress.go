package view

import (
	"fmt"
	"sync"
	"time"

	"converge/internal/event"
)

// progress is the work in hand, drawn on the last line of a terminal once it
// lasts, and erased before anything else is printed.
type progress struct {
	mu  *sync.Mutex // held by every caller, and while the line is redrawn
	out *output
	*screen

	what  string // "" : no work in hand
	note  string // the latest word from the work itself
	since time.Time
	drawn string // as it is on the terminal; "": it is not drawn

	told time.Duration // how long the work had lasted when a line said so; of no terminal

	waits  bool   // what is in hand is waiting for somebody else's lock …
	paused string // … before it goes on with this

	quit chan struct{} // closed to stop the drawing goroutine
	done chan struct{} // closed when it has stopped
}

// follow keeps account of the work in hand.
func (p *progress) follow(e event.Event) {
	if p.waits && e.Type != event.Waiting { // not any more
		p.begin(p.paused)
		p.waits = false
	}
	switch e.Type {
	case event.RunStarted:
		p.begin("observing " + plural(e.Total, "resource"))
	case event.Started:
		p.begin(workWords(e))
	case event.Waiting:
		if !p.waits {
			p.paused, p.waits = p.what, true
		}
		p.begin(safe(e.Message))
	case event.Progress:
		if e.Verb != "" { // an action begins
			p.begin(safe(e.Resource + " " + e.Verb))
			return
		}
		p.note = safe(e.Message)
	case event.Applied, event.Restored, event.Failed, event.Notified, event.Held, event.Ending, event.PlanFinished:
		p.what = ""
	case event.RunFinished:
		p.what = ""
		p.stop()
	}
}

// workWords names the work that begins.
func workWords(e event.Event) string {
	what := safe(e.Resource)
	if what == "" {
		what = plural(e.Total, "resource")
	}
	switch e.Action {
	case "create":
		return "creating " + what
	case "update":
		return "changing " + what
	case "delete":
		return "removing " + what
	case "run":
		return "running " + what
	}
	return what
}

func (p *progress) begin(what string) {
	p.what, p.note, p.since, p.told = what, "", p.opt.Now(), 0
	if p.quit == nil {
		p.quit, p.done = make(chan struct{}), make(chan struct{})
		go p.redrawLoop(p.quit, p.done)
	}
}

// stop ends the drawing goroutine; what it returns is closed when that is done.
func (p *progress) stop() chan struct{} {
	if p.quit == nil {
		return nil
	}
	p.what = "" // a tick may be waiting for the lock
	close(p.quit)
	done := p.done
	p.quit, p.done = nil, nil
	return done
}

func (p *progress) redrawLoop(quit, done chan struct{}) {
	defer close(done)
	tick := time.NewTicker(time.Second / 4)
	defer tick.Stop()
	for {
		select {
		case <-quit:
			return
		case <-tick.C:
			p.mu.Lock()
			p.draw(p.opt.Now())
			p.mu.Unlock()
		}
	}
}

// draw writes the progress line if the work has lasted long enough.
func (p *progress) draw(now time.Time) {
	lasted := now.Sub(p.since)
	if !p.opt.Terminal {
		p.tell(lasted)
		return
	}
	if p.what == "" || lasted < noticeable {
		p.erase()
		return
	}
	s := fmt.Sprintf("… %s  %ds", p.what, int(lasted.Seconds()))
	if p.note != "" {
		s += "  " + p.note
	}
	most := p.opt.Width - 1 // the last cell wraps on some terminals
	if most <= 0 {
		most = 79
	}
	if s = clip(s, most); s == p.drawn {
		return
	}
	p.out.write([]byte("\r\x1b[K" + p.paint(dim, s)))
	p.drawn = s
}

// patience is the interval of the lines about what takes long in a log.
const patience = 15 * time.Second

// tell writes a line about work that lasts, where no line can be drawn again.
func (p *progress) tell(lasted time.Duration) {
	if p.what == "" || lasted < p.told+patience {
		return
	}
	p.told = lasted.Truncate(patience)
	s := fmt.Sprintf("… %s  %ds", p.what, int(lasted.Seconds()))
	if p.note != "" {
		s += "  " + p.note
	}
	p.out.write([]byte(s + "\n"))
}

// erase takes the progress line away.
func (p *progress) erase() {
	if p.drawn == "" {
		return
	}
	p.drawn = ""
	p.out.write([]byte("\r\x1b[K"))
}
