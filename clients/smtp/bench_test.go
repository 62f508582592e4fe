package smtp_test

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"

	"github.com/canvass-hq/canvass/clients/smtp"
)

// BenchmarkCarry is the whole way of a mail of 5.5 kB, over ten connections to a sink on the
// same machine.
func BenchmarkCarry(b *testing.B) {
	for name, keys := range map[string]func() crypto.Signer{"plain": nil, "ed25519": ed25519Key, "rsa2048": rsaKey} {
		b.Run(name, func(b *testing.B) {
			s, cfg := sink(b)
			if keys != nil {
				key := keys()
				cfg.Sign = func(domain string) (smtp.DKIM, bool) { return smtp.DKIM{Domain: domain, Selector: "s", Key: key}, true }
			}
			mails, flight := campaign(b.N), newLog()
			p := pool(b, cfg, 10)
			b.ResetTimer()
			p.Carry(b.Context(), mails, flight)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
			if n, _ := s.Counts(); n != b.N {
				b.Errorf("%d mails have come, want %d", n, b.N)
			}
		})
	}
}

// BenchmarkCompose is the writing of a mail alone.
func BenchmarkCompose(b *testing.B) {
	m := campaign(1)[0]
	for b.Loop() {
		raw, err := smtp.Compose(m)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(raw)))
	}
}

// BenchmarkSink is a client that does nothing but send the same mail again.
func BenchmarkSink(b *testing.B) {
	s, cfg := sink(b)
	raw, err := smtp.Compose(campaign(1)[0])
	if err != nil {
		b.Fatal(err)
	}
	envelope := []byte("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
	var crew sync.WaitGroup
	const callers = 10
	for range callers {
		crew.Go(func() {
			conn, err := net.Dial("tcp", net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port)))
			if err != nil {
				b.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			in := bufio.NewReader(conn)
			hear := func(lines int) {
				for range lines {
					if _, err := in.ReadSlice('\n'); err != nil {
						b.Error(err)
						return
					}
				}
			}
			turn := bytes.Join([][]byte{raw, []byte("\r\n.\r\n"), envelope}, nil)
			hear(1)
			_, _ = conn.Write(envelope)
			hear(3)
			for range b.N / callers {
				_, _ = conn.Write(turn)
				hear(4)
			}
		})
	}
	crew.Wait()
	n, _ := s.Counts()
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "mails/s")
}

func ed25519Key() crypto.Signer {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(fmt.Sprint(err))
	}
	return key
}

func rsaKey() crypto.Signer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(fmt.Sprint(err))
	}
	return key
}
