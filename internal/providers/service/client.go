package service

import (
	"context"
	"fmt"
	"sync"
	"time"

	sd "github.com/coreos/go-systemd/v22/dbus"
)

// listingAge is how long a listing of units is valid: units change without us.
const listingAge = time.Second

// client keeps the connection to systemd, and the latest listing of its units.
type client struct {
	mu     sync.Mutex
	bus    *bus
	units  map[string]sd.UnitStatus // nil: not listed yet
	listed time.Time
}

// connect returns the connection. It makes a new one if systemd has closed it, as systemd does when an update makes it
// execute itself again.
func (c *client) connect(ctx context.Context) (*bus, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.connectLocked(ctx)
}

// connectLocked is connect. The caller holds c.mu.
func (c *client) connectLocked(ctx context.Context) (*bus, error) {
	if c.bus != nil && c.bus.conn.Connected() {
		return c.bus, nil
	}
	conn, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	c.bus, c.units = &bus{conn: conn}, nil
	return c.bus, nil
}

// connectJobs returns the connection that reports the end of jobs, and a channel that is closed when the connection is
// lost.
func (c *client) connectJobs(ctx context.Context) (*sd.Conn, <-chan struct{}, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := c.connectLocked(ctx)
	if err != nil {
		return nil, nil, err
	}
	conn, err := b.connectJobs(ctx)
	if err != nil {
		return nil, nil, err
	}
	return conn, b.lost, nil
}

func (c *client) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bus == nil {
		return
	}
	_ = c.bus.conn.Close() // nothing is lost
	if c.bus.jobs != nil {
		c.bus.jobs.Close()
	}
	c.bus, c.units = nil, nil
}

// forgetListing discards the cached listing.
func (c *client) forgetListing() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.units = nil
}

// listUnits returns all loaded units by name.
func (c *client) listUnits(ctx context.Context) (*bus, map[string]sd.UnitStatus, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := c.connectLocked(ctx)
	if err != nil {
		return nil, nil, err
	}
	if c.units != nil && time.Since(c.listed) < listingAge {
		return b, c.units, nil
	}
	var rows []sd.UnitStatus
	began := time.Now()
	if err := b.callManager(ctx, "ListUnits", nil, &rows); err != nil {
		return nil, nil, fmt.Errorf("cannot list the units: %w", explainDenied(err))
	}
	c.listed, c.units = began, make(map[string]sd.UnitStatus, len(rows))
	for _, r := range rows {
		c.units[r.Name] = r
	}
	return b, c.units, nil
}
