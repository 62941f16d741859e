package io.everwhen.target.scsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.everwhen.target.scsi.ReservationRequest.Action;
import io.everwhen.target.scsi.ReservationRequest.Options;
import io.everwhen.target.testing.MemoryReservationStore;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PersistentReservationsTest {

  private static final Options PERSIST = new Options(true, false, false, 0, List.of());
  private static final Registrant A = new Registrant("iqn.2026-11.a,i,0x000000000001", 1);
  private static final Registrant B = new Registrant("iqn.2026-11.b,i,0x000000000002", 2);

  private final MemoryReservationStore store = new MemoryReservationStore();

  @ParameterizedTest
  @EnumSource(ReservationType.class)
  void whatAsksToPersistIsThereAfterARestart(ReservationType type) throws IOException {
    Reservations before = new Reservations(store);
    change(before, A, Action.REGISTER, null, 0, 1, PERSIST);
    change(before, B, Action.REGISTER, null, 0, -2, PERSIST);
    change(before, B, Action.RESERVE, type, -2, 0, Options.NONE);
    Reservations after = new Reservations(store);
    assertThat(after.state())
        .isEqualTo(
            new ReservationState(
                0, before.state().registrations(), type, before.state().holder(), true));
    assertThat(after.state().registrations()).containsExactly(Map.entry(A, 1L), Map.entry(B, -2L));
    change(after, B, Action.CLEAR, null, -2, 0, Options.NONE);
    assertThat(new Reservations(store).state().registrations()).isEmpty();
  }

  @Test
  void theLastRegistrationSaysWhetherAnythingPersists() throws IOException {
    Reservations before = new Reservations(store);
    change(before, A, Action.REGISTER, null, 0, 1, PERSIST);
    change(before, B, Action.REGISTER, null, 0, 2, Options.NONE);
    assertThat(before.state().registrations()).hasSize(2);
    assertThat(new Reservations(store).state()).isEqualTo(ReservationState.EMPTY);
    change(before, B, Action.REGISTER, null, 2, 2, PERSIST);
    assertThat(new Reservations(store).state().registrations()).hasSize(2);
  }

  @Test
  void aResetChangesNothingThatPersists() throws IOException {
    Reservations reservations = new Reservations(store);
    change(reservations, A, Action.REGISTER, null, 0, 1, PERSIST);
    reservations.reset();
    reservations.forget(A);
    assertThat(reservations.state().registrations()).containsOnlyKeys(A);
  }

  @Test
  void whatCannotBeSavedIsRefusedAndNothingChanges() throws IOException {
    Reservations reservations = new Reservations(store);
    change(reservations, A, Action.REGISTER, null, 0, 1, PERSIST);
    store.failing(true);
    assertThat(change(reservations, B, Action.REGISTER, null, 0, 2, PERSIST))
        .isEqualTo(new ReservationResult.Refused(Sense.INSUFFICIENT_REGISTRATION_RESOURCES));
    assertThat(reservations.state().registrations()).containsOnlyKeys(A);
    store.failing(false);
    change(reservations, A, Action.REGISTER, null, 1, 1, PERSIST);
    assertThat(new Reservations(store).state().registrations()).containsOnlyKeys(A);
  }

  @Test
  void damageInAnyBitIsFound() throws IOException {
    Reservations reservations = new Reservations(store);
    change(reservations, A, Action.REGISTER, null, 0, 1, PERSIST);
    change(reservations, A, Action.RESERVE, ReservationType.WRITE_EXCLUSIVE, 1, 0, Options.NONE);
    byte[] whole = store.load().orElseThrow();
    for (int bit = 0; bit < whole.length * Byte.SIZE; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      store.save(flipped);
      assertThatThrownBy(() -> new Reservations(store))
          .as("bit %d", bit)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("damaged");
    }
    for (int length = 0; length < whole.length; length++) {
      store.save(java.util.Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> new Reservations(store)).isInstanceOf(IOException.class);
    }
  }

  private static ReservationResult change(
      Reservations reservations,
      Registrant from,
      Action action,
      @Nullable ReservationType type,
      long key,
      long actionKey,
      Options options) {
    return reservations.change(
        from, List.of(1, 2), new ReservationRequest(action, type, key, actionKey, options));
  }
}
