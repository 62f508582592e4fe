package eventstore

import (
	"context"
	"crypto/cipher"
	"sync"

	"github.com/canvass-hq/canvass/domain"
)

// Vault keeps the keys of people's data and of organizations' indexes. Keys is the
// one on Postgres, MemoryVault one for tests.
type Vault interface {
	// ForWriting gives each subject's key, and makes those that are missing; they
	// are kept before it answers. An erased subject is refused with domain.ErrErased.
	ForWriting(ctx context.Context, subjects []Subject) (map[Subject]cipher.AEAD, error)
	// ForReading gives each subject's key as it is kept now, or nil for an erased
	// one; a subject that never had a key is left out.
	ForReading(ctx context.Context, subjects []Subject) (map[Subject]cipher.AEAD, error)
	// Cached is ForReading by way of a cache of a minute at most: for answers to
	// people, never for what is written down.
	Cached(ctx context.Context, subjects []Subject) (map[Subject]cipher.AEAD, error)
	// Destroy erases a subject: its key goes and a tombstone stays.
	Destroy(ctx context.Context, subject Subject) error
	// Index is the organization's key for hashes of claims and requests.
	Index(ctx context.Context, org string) ([]byte, error)
}

// MemoryVault is a Vault that forgets everything with the process.
type MemoryVault struct {
	mu      sync.Mutex
	keys    map[Subject]cipher.AEAD
	indexes map[string][]byte
}

// NewMemoryVault is empty.
func NewMemoryVault() *MemoryVault {
	return &MemoryVault{keys: map[Subject]cipher.AEAD{}, indexes: map[string][]byte{}}
}

// ForWriting implements Vault.
func (v *MemoryVault) ForWriting(_ context.Context, subjects []Subject) (map[Subject]cipher.AEAD, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := make(map[Subject]cipher.AEAD, len(subjects))
	for _, s := range subjects {
		key, ok := v.keys[s]
		if ok && key == nil {
			return nil, domain.ErrErased
		}
		if !ok {
			var err error
			if key, err = newAEAD(randomKey()); err != nil {
				return nil, err
			}
			v.keys[s] = key
		}
		out[s] = key
	}
	return out, nil
}

// ForReading implements Vault.
func (v *MemoryVault) ForReading(_ context.Context, subjects []Subject) (map[Subject]cipher.AEAD, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := make(map[Subject]cipher.AEAD, len(subjects))
	for _, s := range subjects {
		if key, ok := v.keys[s]; ok {
			out[s] = key
		}
	}
	return out, nil
}

// Cached implements Vault.
func (v *MemoryVault) Cached(ctx context.Context, subjects []Subject) (map[Subject]cipher.AEAD, error) {
	return v.ForReading(ctx, subjects)
}

// Destroy implements Vault.
func (v *MemoryVault) Destroy(_ context.Context, s Subject) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keys[s] = nil
	return nil
}

// Index implements Vault.
func (v *MemoryVault) Index(_ context.Context, org string) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.indexes[org] == nil {
		v.indexes[org] = randomKey()
	}
	return v.indexes[org], nil
}
