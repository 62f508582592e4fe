package eventstore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

const keyLength = 32 // AES-256

const errMaster = classError("MASTER_KEY does not fit")

// Master holds the master keys, which wrap all others. Several stand side by side
// while keys are rotated: the highest number wraps, every one unwraps.
type Master struct {
	source func() (string, error)

	mu   sync.RWMutex
	keys map[int]cipher.AEAD
	top  int
}

// NewMaster reads master keys from source: base64 of 32 bytes, or several as
// "2:<base64>,1:<base64>" (commas or lines). It is asked again when a key turns up
// that is wrapped by a number which is not known yet.
func NewMaster(source func() (string, error)) (*Master, error) {
	m := &Master{source: source}
	return m, m.reload()
}

// NewMasterKey makes a master key in the form that NewMaster reads.
func NewMasterKey() string {
	return base64.StdEncoding.EncodeToString(randomKey())
}

func randomKey() []byte {
	k := make([]byte, keyLength)
	_, _ = rand.Read(k) // never fails: it ends the process first
	return k
}

func (m *Master) reload() error {
	text, err := m.source()
	if err != nil {
		return fmt.Errorf("read the master key: %w", err)
	}
	keys, top, err := parseMaster(text)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys, m.top = keys, top
	return nil
}

func parseMaster(text string) (map[int]cipher.AEAD, int, error) {
	keys, top := map[int]cipher.AEAD{}, 0
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",\n\r\t ", r) }) {
		number, encoded, found := strings.Cut(part, ":")
		if !found {
			number, encoded = "1", part
		}
		n, err := strconv.Atoi(number)
		raw, decodeErr := base64.StdEncoding.DecodeString(encoded)
		if err != nil || n < 1 || decodeErr != nil || len(raw) != keyLength {
			return nil, 0, errors.New("a master key is base64 of 32 bytes, or number:base64, several parted by commas")
		}
		key, err := newAEAD(raw)
		if err != nil {
			return nil, 0, err
		}
		keys[n], top = key, max(top, n)
	}
	if top == 0 {
		return nil, 0, errors.New("there is no master key")
	}
	return keys, top, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// wrap seals a key under the newest master key; bound names what the key is for.
func (m *Master) wrap(key []byte, bound string) (wrapped []byte, number int) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.keys[m.top].Seal(nil, nil, key, []byte(bound)), m.top
}

func (m *Master) unwrap(wrapped []byte, number int, bound string) ([]byte, error) {
	k, ok := m.key(number)
	if !ok {
		if err := m.reload(); err != nil {
			return nil, err
		}
		if k, ok = m.key(number); !ok {
			return nil, fmt.Errorf("%w: number %d is not configured", errMaster, number)
		}
	}
	key, err := k.Open(nil, nil, wrapped, []byte(bound))
	if err != nil {
		return nil, fmt.Errorf("%w: number %d does not open a key that it is said to wrap; MASTER_KEY is not the one of this database", errMaster, number)
	}
	return key, nil
}

func (m *Master) key(number int) (cipher.AEAD, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	k, ok := m.keys[number]
	return k, ok
}

// newest is the number of the master key that wraps.
func (m *Master) newest() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.top
}
