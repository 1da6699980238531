package files

import (
	"io"

	"converge/internal/resource"
)

// untilStopped makes r end when the run is to.
func (p *Provider) untilStopped(r io.ReadCloser, err error) (io.ReadCloser, error) {
	if err != nil {
		return nil, err
	}
	return resource.Stoppable(r, p.o.Stop), nil
}
