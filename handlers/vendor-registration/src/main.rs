//! The Lambda function of `vendor-registration`: its decision, wired to the world.

use contracts::handlers::VendorRegistration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kit::Error> {
    kit::Consumer::<VendorRegistration>::new()
        .on(vendor_registration::handle)
        .run()
        .await
}
